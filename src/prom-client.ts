/** The only importer of prom-client. */
export * from 'prom-client';
export {default} from 'prom-client';
