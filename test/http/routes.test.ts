import test from 'ava';
import {
  type Answer,
  HEALTH_PATH,
  HEALTHY,
  METRICS_PATH,
  pageAnswer,
  READY_PATH,
  type Request,
  readyAnswer,
  route,
} from '../../src/http/routes.js';

const page = pageAnswer({body: new Uint8Array([65, 10]), contentType: 'text/plain'});
const neverRendered = (): Answer => {
  throw new Error('rendered');
};

function routed(asked: {method: string; target: string}, answerMetrics: () => Answer): Answer {
  const none = undefined;
  const request: Request = {
    ...asked,
    accept: none,
    acceptEncoding: none,
    authorization: none,
    host: none,
    origin: none,
    protocols: none,
  };
  return route(
    request,
    new Map([
      [METRICS_PATH, answerMetrics],
      [HEALTH_PATH, () => HEALTHY],
      [READY_PATH, () => readyAnswer('no\r\nmarket')],
    ]),
  );
}

const text = ({body}: Answer) => new TextDecoder().decode(body);

test('route() answers GET and HEAD of /metrics with the page, whatever the query', t => {
  for (const method of ['GET', 'HEAD']) {
    for (const target of ['/metrics', '/metrics?', '/metrics?name=a&b=/healthz']) {
      t.is(
        routed({method, target}, () => page),
        page,
      );
    }
  }
});

test('route() answers /healthz without rendering a page', t => {
  const answer = routed({method: 'GET', target: '/healthz?full'}, neverRendered);
  t.is(answer.status, 200);
  t.is(text(answer), 'ok\n');
  t.deepEqual(answer.headers, [['Content-Type', 'text/plain; charset=utf-8']]);
});

test('route() refuses any other method on a known path, and says which it takes', t => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'BREW', 'get', '']) {
    const answer = routed({method, target: '/metrics'}, neverRendered);
    t.is(answer.status, 405, method);
    t.deepEqual(answer.headers.at(-1), ['Allow', 'GET, HEAD']);
  }
});

test('route() compares the path as sent, and echoes nothing of it', t => {
  const targets = [
    '/',
    '',
    '/metrics/',
    '//metrics',
    '/Metrics',
    '/%6detrics',
    '/metrics#a',
    '?/metrics',
  ];
  for (const target of targets) {
    const answer = routed({method: 'GET', target}, neverRendered);
    t.is(answer.status, 404, target);
    t.is(text(answer), 'Not found: expected /metrics, /healthz or /readyz\n');
  }
});

test('route() answers /readyz with the reason in one line where the program is not ready', t => {
  const answer = routed({method: 'HEAD', target: '/readyz'}, neverRendered);
  t.is(answer.status, 503);
  t.is(text(answer), 'Not ready: no market\n');
  t.is(readyAnswer(true).status, 200);
});
