import test from 'ava';
import {collectDefaultMetrics} from 'prom-client';
import {MetricsHub} from '../../src/index.js';
import {parsePage} from '../support/exposition.js';

test('collectThreadMetrics() and collectDefaultMetrics() of one hub tell the process once, whichever comes first', async t => {
  for (const isLate of [false, true]) {
    const warnings: string[] = [];
    const hub = new MetricsHub({onWarning: line => warnings.push(line)});
    if (!isLate) hub.collectThreadMetrics();
    collectDefaultMetrics({register: hub.registry});
    await hub.collectPage();
    if (isLate) hub.collectThreadMetrics();
    const samples = parsePage((await hub.collectPage()).body);
    t.true((samples.get('process_start_time_seconds{}') ?? 0) <= Date.now() / 1_000);
    t.true(
      (samples.get('process_resident_memory_bytes{}') ?? Infinity) <
        1.9 * process.memoryUsage.rss(),
    );
    t.true([...samples.keys()].some(key => key.startsWith('nodejs_version_info')));
    t.true(warnings.some(line => line.startsWith('process_resident_memory_bytes of hub.registry')));
  }
});
