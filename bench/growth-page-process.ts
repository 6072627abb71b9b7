/* One library with so many series, in a process of its own: `growth-page-process.js LIBRARY SERIES`. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {MetricsHub} from '../src/index.js';
import {cpuMsUntil, expectEqual} from './measure.js';

/** Whose page it is. */
export type PageLibrary = 'threadtally' | 'prom-client 15' | 'successor 0.16';

/** First what is kept of the series and the page; then, each time it is asked, what a page costs when all have changed. */
export type PageAnswer = {readonly keptMb: number} | {readonly pageMs: number};

const [, , library, seriesText] = process.argv;
const SERIES = Number(seriesText);
const FAMILY = {
  name: 'requests_total',
  help: 'Requests.',
  labelNames: ['route', 'status'] as const,
};

interface Subject {
  inc(labels: {route: string; status: string}): void;
  /** The page as text or bytes, as it would be sent. */
  render(): Promise<string | Uint8Array>;
}

function makeSubject(): Subject {
  if (library === 'threadtally') {
    const hub = new MetricsHub({seriesPerFamilyMax: SERIES});
    const counter = hub.recorder.counter(FAMILY);
    return {inc: labels => counter.inc(labels), render: async () => hub.renderPage().body};
  }
  const peer =
    library === 'successor 0.16' ? (successor as unknown as typeof promClient) : promClient;
  const registry = new peer.Registry();
  const counter = new peer.Counter({...FAMILY, registers: [registry]});
  return {inc: labels => counter.inc(labels), render: () => registry.metrics()};
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What is reachable, in and outside of V8's heap. */
function reachableMb(): number {
  collectGarbage();
  const {heapUsed, external} = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

function addToAll({inc}: Subject): void {
  // Labels are made at each call, as programs do: kept ones would be a memory of this bench's own.
  for (let i = 0; i < SERIES; i++) inc({route: `/route/${i >> 3}`, status: `s${i & 7}`});
}

let adds = 0;
async function samplePage(subject: Subject): Promise<number> {
  adds++;
  addToAll(subject);
  let page: string | Uint8Array = '';
  const ms = await cpuMsUntil(async () => {
    page = await subject.render();
  });
  check(page);
  return ms;
}

/** Every series stands on the page with all that was added. Counted line by line: a list of a million is memory of its own. */
function check(page: string | Uint8Array): void {
  const text = typeof page === 'string' ? page : Buffer.from(page).toString('latin1');
  let right = 0;
  for (const [, value] of text.matchAll(/^requests_total\{[^}]*\} +(\S+)/gm)) {
    if (Number(value) === adds) right++;
  }
  expectEqual(right, SERIES, 'lines of the right value');
}

const emptyMb = reachableMb();
const subject = makeSubject();
// Two pages: the first lays out, and both compile.
await samplePage(subject);
await samplePage(subject);
const answer = (said: PageAnswer) => process.send?.(said);
process.on('message', async () => answer({pageMs: await samplePage(subject)}));
process.on('disconnect', () => process.exit());
answer({keptMb: reachableMb() - emptyMb});
