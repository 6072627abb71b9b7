import test from 'ava';
import {MetricsHub} from '../../src/index.js';
import {ask} from '../http/raw-client.js';
import {serve} from '../http/serve.js';
import {startBusy} from '../support/counting.js';
import {parsePage, sampleKey} from '../support/exposition.js';

const SCRAPES = 20;

test.serial(
  'worker busy during scrapes: each scrape is answered, and its counts have grown',
  async t => {
    const hub = new MetricsHub();
    const server = await serve(t, {source: hub});
    const worker = startBusy(t, hub, 'busy');
    let last = 0;
    for (let scrape = 0; scrape < SCRAPES; scrape++) {
      await worker.until(last + 100);
      const least = worker.done();
      const {statusLine, body} = await ask(t, server, ['GET', '/metrics']);
      const samples = parsePage(body);
      t.is(statusLine, 'HTTP/1.1 200 OK');
      const count = samples.get(sampleKey('jobs_total', {kind: 'busy'})) ?? 0;
      t.true(count >= least && count <= worker.begun(), `${least} <= ${count}`);
      t.true(count > last, `${count} > ${last}`);
      last = count;
    }
    t.is(parsePage(hub.renderPage().body).get('hub_workers{}'), 1);
  },
);
