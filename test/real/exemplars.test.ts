import {listen} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {startExemplary} from '../support/exemplary.js';
import {testWithProgram} from '../support/real-programs.js';
import {poll, query, queryExemplars, startPrometheus} from '../support/scrapers.js';

testWithProgram(
  'prometheus',
  'prometheus finds the exemplars that a worker thread recorded, and when series were created',
  async t => {
    const startSeconds = Date.now() / 1_000;
    const hub = new MetricsHub({createdSamples: true});
    const {record, flush} = startExemplary(t, hub);
    // Nothing that is escaped: prometheus 2.42 reads it right, and answers it with its escapes.
    const trace = '4bf92f3577b34da6 ö 漢';
    await record(trace);
    await flush('flush');
    await flush('flush bridge');
    const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const prometheus = await startPrometheus(t, `127.0.0.1:${server.port}`);
    const expected = [
      ['jobs_total', undefined, '2'],
      ['job_time_bucket', '5.0', '3'],
      ['their_jobs_total', undefined, '2'],
      ['their_time_bucket', '+Inf', '7'],
    ] as const;
    for (const [name, le, value] of expected) {
      const found = await poll(
        () => queryExemplars(prometheus, name),
        ({length}) => length > 0,
      );
      t.deepEqual(
        found.map(({seriesLabels}) => [seriesLabels.kind, seriesLabels.le]),
        [['a', le]],
      );
      const [exemplar, ...more] = found[0]?.exemplars ?? [];
      t.deepEqual(more, []);
      t.deepEqual(exemplar?.labels, {trace_id: trace});
      t.is(exemplar?.value, value);
      t.true(exemplar!.timestamp >= startSeconds - 1 && exemplar!.timestamp <= Date.now() / 1_000);
    }
    const [created] = await poll(
      () => query(prometheus, 'jobs_created'),
      ({length}) => length > 0,
    );
    const seconds = Number(created?.value[1]);
    t.true(seconds >= startSeconds - 1 && seconds <= Date.now() / 1_000);
    t.is((await query(prometheus, 'up'))[0]?.value[1], '1');
  },
);
