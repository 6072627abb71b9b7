/** The ways in which a frame can be broken. All but the first five are JSON with the right wrapper. */
export const MALFORMED_KINDS = [
  'cut',
  'empty',
  'no_json',
  'null',
  'binary',
  'no_data',
  'no_body',
  'no_symbol',
  'no_time',
  'time_text',
  'time_between_candles',
  'price_number',
  'price_word',
  'price_negative',
  'price_infinite',
  'high_below_low',
  'interval_unknown',
  'closed_text',
] as const;

/** One of {@link MALFORMED_KINDS}. */
export type MalformedKind = (typeof MALFORMED_KINDS)[number];

type Fields = Record<string, unknown>;

/** Changes to the candle of a kline event, or to the ticker itself. */
const CHANGES: Partial<Record<MalformedKind, (body: Fields) => void>> = {
  no_time: body => delete body.t,
  time_text: body => {
    body.t = String(body.t);
  },
  time_between_candles: body => {
    body.t = Number(body.t) + 1;
  },
  price_number: body => {
    body.c = Number(body.c);
  },
  price_word: body => {
    body.c = 'dear';
  },
  price_negative: body => {
    body.c = `-${body.c}`;
  },
  price_infinite: body => {
    body.h = '1e999';
  },
  high_below_low: body => {
    body.h = '0.00000001';
    body.l = '1000000000';
  },
  interval_unknown: body => {
    body.i = '7m';
  },
  closed_text: body => {
    body.x = String(body.x);
  },
};

/** A frame broken in one way. */
export function malformed(kind: MalformedKind, text: string): string | Buffer {
  if (kind === 'cut') return text.slice(0, text.length >> 1);
  if (kind === 'empty') return '';
  if (kind === 'no_json') return '<html>502 Bad Gateway</html>';
  if (kind === 'null') return 'null';
  if (kind === 'binary') return Buffer.from([0xff, 0xfe, 0x00, 0x7b]);
  return JSON.stringify(changed(kind, JSON.parse(text) as Fields));
}

function changed(kind: MalformedKind, frame: Fields): Fields {
  const isCombined = 'stream' in frame;
  const payload = (isCombined ? frame.data : frame) as Fields;
  if (kind === 'no_data') return isCombined ? {stream: frame.stream} : {};
  if (kind === 'no_body') delete payload.k;
  if (kind === 'no_symbol') {
    delete payload.s;
    delete (payload.k as Fields | undefined)?.s;
  }
  CHANGES[kind]?.((payload.k ?? payload) as Fields);
  return frame;
}
