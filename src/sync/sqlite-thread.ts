import {workerData} from 'node:worker_threads';
import {SqliteFile} from './sqlite-file.js';
import {serveThread} from './thread-server.js';

// A commit waits for the disk, 0.4 ms where it is quick, and the main thread must not.
serveThread(
  () => new SqliteFile(workerData),
  file => file.state(),
);
