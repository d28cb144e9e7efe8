import { dump } from 'js-yaml';

/** Formats a value as YAML for people: lines are not wrapped, and repeated values are written out instead of aliased. */
export function formatYaml(value: object): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
