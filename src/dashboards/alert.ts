/** How soon someone should look: now, or in working hours. */
export type Severity = 'critical' | 'warning';

/** What an alert's expression is made of. */
export interface Condition {
  /** The query that is looked at: it has data while the machine runs, whether or not there is trouble. */
  readonly value: string;
  /** The same, true only in trouble. */
  readonly expr: string;
  /** How it is joined to those before it, where not as the alert says: `and` binds tighter. */
  readonly join?: 'and' | 'or';
}

/** An alert, and its runbook's file name. */
export interface Alert {
  /** CamelCase. */
  readonly name: string;
  readonly severity: Severity;
  /** How long it must hold, in PromQL's notation; at once where left out. */
  readonly for?: string;
  readonly conditions: readonly Condition[];
  /** How the conditions are joined. Default `and`. */
  readonly join?: 'and' | 'or';
  /** One line. */
  readonly summary: string;
  /** What that means; `{{ $labels.x }}` stands for a label's value. */
  readonly description: string;
}

/** A comparison that is true in trouble. */
export function when(value: string, operator: '>' | '==', threshold: number): Condition {
  return {value, expr: `${value} ${operator} ${threshold}`};
}

/** A rule as Prometheus and vmalert read it. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: {readonly severity: Severity};
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

/** @param runbooksUrl Where the runbooks' folder stands. */
export function ruleOf(alert: Alert, runbooksUrl: string): AlertingRule {
  const {name, severity, conditions, join = 'and', summary, description} = alert;
  return {
    alert: name,
    expr: conditions
      .map((condition, i) => (i === 0 ? '' : `\n${condition.join ?? join}\n`) + condition.expr)
      .join(''),
    ...(alert.for === undefined ? {} : {for: alert.for}),
    labels: {severity},
    annotations: {summary, description, runbook_url: `${runbooksUrl}/${name}.md`},
  };
}
