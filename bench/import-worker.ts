/* Imports the modules that it is told, and says so. */
import {parentPort, workerData} from 'node:worker_threads';

for (const module of workerData as readonly string[]) await import(module);
parentPort?.postMessage('imported');
