import test from 'ava';
import fc from 'fast-check';
import {acceptsGzip, formatFor, Negotiator} from '../../src/http/negotiation.js';
import type {PageFormat} from '../../src/http/routes.js';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';

/** As the scrapers send them. */
const SCRAPERS: readonly (readonly [
  who: string,
  accept: string | undefined,
  format: PageFormat,
])[] = [
  [
    'Prometheus 2.42',
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  [
    "Prometheus 2.49.0 with an invalid '*/*;q=2'",
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2',
    'openmetrics',
  ],
  [
    'Prometheus 3.0 to 3.2 with escaping repeated',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
  [
    'Prometheus with escaping repeated on OpenMetrics itself',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
  [
    'Prometheus 3.4 and later',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
  [
    'Prometheus that scrapes native histograms',
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    'openmetrics',
  ],
  [
    'Prometheus that is set to text',
    'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.4',
    'text',
  ],
  ['VictoriaMetrics', 'text/plain;version=0.0.4;q=1,*/*;q=0.1', 'text'],
  ['curl', '*/*', 'text'],
  [
    'a browser',
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'text',
  ],
  ['nobody', undefined, 'text'],
];

for (const [who, accept, format] of SCRAPERS) {
  test(`formatFor() gives ${who} ${format}`, t => {
    t.is(formatFor(accept), format);
  });
}

const CASES: readonly (readonly [accept: string, format: PageFormat])[] = [
  ['', 'text'],
  [' , ,;,;q=1,=', 'text'],
  ['application/*', 'text'],
  ['application/json', 'text'],
  [OPEN_METRICS, 'openmetrics'],
  ['Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text; charset=utf-8 ; version="1.0.0" ; q=1.000', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;version=2.0.0', 'text'],
  ['application/openmetrics-textual;version=1.0.0', 'text'],
  [`${OPEN_METRICS};q=0`, 'text'],
  [`${OPEN_METRICS};q=0.000,*/*;q=0`, 'text'],
  [`${OPEN_METRICS};q=0.5,text/plain;q=0.5`, 'openmetrics'],
  [`text/plain;q=0.501,${OPEN_METRICS};q=0.5`, 'text'],
  [`${OPEN_METRICS};q=0.5,text/*;q=0.6`, 'text'],
  [`${OPEN_METRICS};q=0.5,*/*`, 'text'],
  [`${OPEN_METRICS};q=0.5,*/*,text/plain;q=0.4`, 'openmetrics'],
  [`${OPEN_METRICS};q=0.5,text/plain;version=1.0.0;q=0.9`, 'openmetrics'],
  [`${OPEN_METRICS};q=2`, 'text'],
  [`${OPEN_METRICS};q=-1`, 'text'],
  [`${OPEN_METRICS};q=`, 'text'],
  [`${OPEN_METRICS};q=NaN`, 'text'],
  [`${OPEN_METRICS};q=1e-1`, 'text'],
  [`${OPEN_METRICS};Q=0.4,text/plain;q=0.5`, 'text'],
  [`${OPEN_METRICS};note="a,text/plain;q=1";q=0.5,text/plain;q=0.4`, 'openmetrics'],
  [`${OPEN_METRICS};note="a\\",text/plain`, 'openmetrics'],
  [`${OPEN_METRICS} ${OPEN_METRICS}`, 'text'],
];

for (const [accept, format] of CASES) {
  test(`formatFor() takes \`${accept}\` for ${format}`, t => {
    t.is(formatFor(accept), format);
  });
}

test('formatFor() and acceptsGzip() read headers of 10 kB, and whatever else may come', t => {
  t.is(formatFor(`${'a/b;q=0.1,'.repeat(1_000)}${OPEN_METRICS}`), 'openmetrics');
  t.is(formatFor(`${OPEN_METRICS}${';a=b'.repeat(2_500)};q=0.1,*/*;q=0.2`), 'text');
  for (const character of [',', ';', '"', '\\', '=', ' ', 'q', '0']) {
    t.is(formatFor(character.repeat(10_000)), 'text');
    t.false(acceptsGzip(character.repeat(10_000)));
  }
  const pieces = fc.constantFrom(',', ';', '=', '"', '\\', ' ', 'q', '0.5', '*/*', 'text/plain');
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), {maxLength: 60}), parts => {
      return formatFor(parts.join('')) === 'text';
    }),
  );
});

const ENCODINGS: readonly (readonly [acceptEncoding: string | undefined, isGzip: boolean])[] = [
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['deflate, br', false],
  ['identity', false],
  ['identity, gzip', true],
  ['identity;q=0.5, gzip;q=0.4', false],
  ['identity;q=0, gzip;q=0.1', true],
  ['gzip;q=0', false],
  ['gzip;q=0.0', false],
  ['gzip; q=0.001', true],
  ['gzip;q=0, *', false],
  ['*', true],
  ['*;q=0', false],
  ['*;q=0, gzip', true],
  ['gzip;q=2', false],
  ['gzipped', false],
];

for (const [acceptEncoding, isGzip] of ENCODINGS) {
  test(`acceptsGzip() ${isGzip ? 'takes' : 'refuses'} \`${acceptEncoding}\``, t => {
    t.is(acceptsGzip(acceptEncoding), isGzip);
  });
}

test('a Negotiator answers as the functions do, whatever it was asked before', t => {
  const negotiator = new Negotiator();
  const accepts = [undefined, OPEN_METRICS, OPEN_METRICS, undefined, '*/*', OPEN_METRICS, ''];
  const encodings = [undefined, 'gzip', 'gzip', undefined, 'identity', 'gzip', ''];
  for (const accept of accepts) t.is(negotiator.formatFor(accept), formatFor(accept));
  for (const encoding of encodings) t.is(negotiator.acceptsGzip(encoding), acceptsGzip(encoding));
  t.deepEqual(accepts.map(accept => negotiator.formatFor(accept)).slice(0, 2), [
    'text',
    'openmetrics',
  ]);
  t.deepEqual(encodings.map(one => negotiator.acceptsGzip(one)).slice(0, 2), [false, true]);
});
