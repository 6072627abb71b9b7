import {stringify} from 'yaml';

/** YAML with the texts of each rule on their own line, whatever their length: a diff shows what has changed. */
export function toYaml(value: unknown): string {
  return stringify(value, {lineWidth: 0, aliasDuplicateObjects: false});
}
