import {alertRules} from '../alerts.js';
import {hubAndWorkers} from '../hub-and-workers.js';
import {metricsPage} from '../metrics-page.js';
import {traderActivity} from '../trader-activity.js';
import {toYaml} from './yaml.js';

/** Where the runbooks stand unless told otherwise: in the project's folder. */
export const RUNBOOKS_FOLDER = 'docs/runbooks';

/** Contents of files by their path. */
export type Files = ReadonlyMap<string, string>;

const RULES_HEAD = `# Written by \`npm run dashboards\` from src/dashboards/alerts.ts; changes belong there. For Prometheus and vmalert.
`;

/** The dashboards and alert rules. */
export function dashboardFiles(runbooksUrl: string = RUNBOOKS_FOLDER): Files {
  return new Map([
    ['grafana/trader-activity.json', toJson(traderActivity())],
    ['grafana/hub-and-workers.json', toJson(hubAndWorkers())],
    ['grafana/alerts.yml', RULES_HEAD + toYaml(alertRules(runbooksUrl))],
  ]);
}

/** The pages of docs/ that are written from the code. */
export function docsFiles(): Files {
  return new Map([['docs/metrics.md', metricsPage()]]);
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
