import { dump } from 'js-yaml';

/** A value as YAML text, for people to read: no line is broken, and what is there twice is written twice. */
export function formatYaml(value: object): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}
