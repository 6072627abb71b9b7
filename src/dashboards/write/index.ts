import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {dashboardFiles, docsFiles, type Files} from './files.js';

/** `npm run dashboards [-- RUNBOOKS_URL]` and `npm run docs`: write what is made from the code into the project's folder. */
function filesOf(what: string | undefined, runbooksUrl: string | undefined): Files {
  if (what === 'dashboards') return dashboardFiles(runbooksUrl);
  if (what === 'docs') return docsFiles();
  throw new TypeError(`Expected \`dashboards\` or \`docs\`, got \`${what}\``);
}

const [what, runbooksUrl] = process.argv.slice(2);
for (const [path, text] of filesOf(what, runbooksUrl?.replace(/\/+$/, ''))) {
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, text);
  process.stdout.write(`${path}\n`);
}
