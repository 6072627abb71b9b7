import test from 'ava';
import {
  ENDS_IN_A_ROW_MAX,
  PAUSE_MS_MAX,
  PAUSE_MS_MIN,
  Quarantine,
} from '../../src/pool/quarantine.js';

/** A quarantine with a clock that stands still until it is set. */
function startQuarantine() {
  const clock = {ms: 0};
  const quarantine = new Quarantine(() => clock.ms);
  const endOften = (times: number, id = 't', code = 'a') =>
    Array.from({length: times}, () => quarantine.ended(id, code, 'timeout')).at(-1);
  return {clock, quarantine, endOften};
}

test('ended() quarantines at the third end in a row, and says so', t => {
  const {quarantine, endOften} = startQuarantine();
  t.is(endOften(ENDS_IN_A_ROW_MAX - 1), undefined);
  t.is(quarantine.refusal('t', 'a'), undefined);
  const told = 'Quarantined for 60 s after 3 ends of its worker in a row, the last by timeout';
  t.is(endOften(1), told);
  t.is(quarantine.refusal('t', 'a'), told);
  t.is(quarantine.refusal('u', 'a'), undefined);
});

test('refusal() lets a trader be tried after its pause, which doubles up to an hour', t => {
  const {clock, quarantine, endOften} = startQuarantine();
  endOften(ENDS_IN_A_ROW_MAX);
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 10; attempt++) {
    const start = clock.ms;
    let pauseMs = PAUSE_MS_MIN;
    while (quarantine.refusal('t', 'a') !== undefined) {
      clock.ms = start + pauseMs - 1;
      t.truthy(quarantine.refusal('t', 'a'));
      clock.ms = start + pauseMs;
      pauseMs *= 2;
      if (pauseMs > PAUSE_MS_MAX) pauseMs = PAUSE_MS_MAX;
    }
    pauses.push((clock.ms - start) / PAUSE_MS_MIN);
    t.truthy(endOften(1));
  }
  t.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
});

test('clear() forgets the ends and the pause, and so does another code', t => {
  const {quarantine, endOften} = startQuarantine();
  endOften(ENDS_IN_A_ROW_MAX - 1);
  quarantine.clear('t');
  t.is(endOften(ENDS_IN_A_ROW_MAX - 1), undefined);
  t.truthy(endOften(1));
  t.is(quarantine.refusal('t', 'b'), undefined);
  t.is(quarantine.refusal('t', 'a'), undefined, 'the code that it was then is forgotten as well');
  t.is(endOften(ENDS_IN_A_ROW_MAX - 1), undefined);
});

test('ended() by lack of memory counts like one by time', t => {
  const {quarantine, endOften} = startQuarantine();
  endOften(ENDS_IN_A_ROW_MAX - 1);
  t.regex(quarantine.ended('t', 'a', 'out_of_memory') ?? '', /the last by out_of_memory$/);
});
