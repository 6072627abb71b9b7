import {AggregatorRegistry, Counter} from 'prom-client';

new AggregatorRegistry(); // Answers the primary's requests.
const jobs = new Counter({name: 'jobs_total', help: 'Jobs done.', labelNames: ['colour']});

for (let i = 0; i < 3; i++) jobs.inc({colour: process.env.COLOUR});
process.send('done');
