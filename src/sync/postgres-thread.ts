import {workerData} from 'node:worker_threads';
import {PostgresStore} from './postgres-store.js';
import {serveThread} from './thread-server.js';

// The driver (3.4.9) writes to a socket that is gone when a connection ends amid a transaction, in a callback of its own,
// where nothing can catch what that throws: it ends this thread, and not the machine.
serveThread(
  () => new PostgresStore(workerData),
  () => undefined,
);
