/**
 * A bound as OpenMetrics wants it in `le`: the shortest text that reads back as the same double, as Go's `%g` writes it,
 * with `.0` where it would look like an integer (`5.0`, `0.001`, `1e+06`).
 * https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers
 */
export function canonicalNumber(value: number): string {
  const [digits = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // strconv.FormatFloat(value, 'g', -1, 64): https://pkg.go.dev/strconv#FormatFloat
  if (exponent < -4 || exponent >= 6) return `${digits}e${goExponent(exponent)}`;
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** With a sign and at least two digits. */
function goExponent(exponent: number): string {
  const sign = exponent < 0 ? '-' : '+';
  return sign + String(Math.abs(exponent)).padStart(2, '0');
}
