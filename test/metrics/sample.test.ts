import test from 'ava';
import {parsePage} from '../support/exposition.js';
import {InProcessHub} from '../support/in-process.js';

function newPair() {
  const hub = new InProcessHub();
  const writer = hub.newWriter();
  const {recorder} = writer;
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const level = recorder.gauge({name: 'level', help: 'L'});
  const time = recorder.histogram({name: 'time', help: 'T', buckets: [1]});
  const samples = () => parsePage(hub.text());
  return {hub, writer, recorder, jobs, level, time, samples};
}

test('sample() merges what was recorded and never flushed', t => {
  const {writer, jobs, level, time, samples} = newPair();
  jobs.inc({kind: 'a'}, 3);
  level.set(7);
  time.observe(-2);
  writer.deliver();
  writer.sample();
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), 3);
  t.is(page.get('level{}'), 7);
  t.is(page.get('time_sum{}'), -2);
  t.is(page.get('time_count{}'), 1);
});

test('sample() twice adds nothing', t => {
  const {writer, jobs, samples} = newPair();
  jobs.inc({kind: 'a'}, 3);
  writer.deliver();
  writer.sample();
  writer.sample();
  t.is(samples().get('jobs_total{kind="a"}'), 3);
});

test('a delta that was posted before a sample sets neither gauge nor sum back', t => {
  const {writer, recorder, level, time, jobs, samples} = newPair();
  writer.deliver();
  jobs.inc({kind: 'a'});
  level.set(1);
  time.observe(-1);
  recorder.flush();
  jobs.inc({kind: 'a'});
  level.set(2);
  time.observe(-1);
  // The series of kind "a" is declared, the delta with the first values is still on its way.
  writer.deliver(1);
  writer.sample();
  const sampled = samples();
  t.is(sampled.get('jobs_total{kind="a"}'), 2);
  t.is(sampled.get('level{}'), 2);
  t.is(sampled.get('time_sum{}'), -2);
  writer.deliver();
  t.deepEqual(samples(), sampled);
});

test('a delta that was posted after a sample counts in full', t => {
  const {writer, recorder, level, time, samples} = newPair();
  writer.deliver();
  level.set(1);
  writer.sample();
  level.set(5);
  time.observe(-3);
  recorder.flush();
  writer.deliver();
  t.is(samples().get('level{}'), 5);
  t.is(samples().get('time_sum{}'), -3);
});

test('sample() reads nothing while the notice of a removed series is on its way', t => {
  const {writer, jobs, samples} = newPair();
  jobs.inc({kind: 'a'}, 5);
  jobs.inc({kind: 'b'}, 1);
  writer.recorder.flush();
  writer.deliver();
  jobs.remove({kind: 'a'});
  // Takes the cells that `a` had.
  jobs.inc({kind: 'c'}, 2);
  writer.sample();
  t.is(samples().get('jobs_total{kind="a"}'), 5);
  writer.deliver();
  writer.sample();
  const page = samples();
  t.is(page.get('jobs_total{kind="a"}'), undefined);
  t.is(page.get('jobs_total{kind="b"}'), 1);
  t.is(page.get('jobs_total{kind="c"}'), 2);
});

test('sample() leaves out cells whose series is not declared yet', t => {
  const {hub, writer, jobs, samples} = newPair();
  writer.deliver();
  jobs.inc({kind: 'late'}, 2);
  writer.sample();
  t.is(samples().get('jobs_total{kind="late"}'), undefined);
  writer.deliver();
  writer.sample();
  t.is(samples().get('jobs_total{kind="late"}'), 2);
  writer.die();
  t.is(samples().get('jobs_total{kind="late"}'), 2);
  t.deepEqual(hub.complaints.refused, []);
});
