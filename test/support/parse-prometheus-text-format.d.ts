declare module 'parse-prometheus-text-format' {
  interface ParsedMetric {
    labels?: Record<string, string>;
    value: string;
  }

  interface ParsedFamily {
    name: string;
    help: string;
    type: string;
    metrics: ParsedMetric[];
  }

  export default function parsePrometheusTextFormat(text: string): ParsedFamily[];
}
