import type { ControlGroup } from './control-group.ts';

const script =
  'while [ "$1" != -- ]; do echo $$ >"$1" || exit 125; shift; done; shift; unset PWD OLDPWD; exec "$@"';

/** Wraps a command so that it enters a cgroup before it does anything else. */
export function inControlGroup(group: ControlGroup, argv: readonly string[]): [string, ...string[]] {
  return ['sh', '-c', script, 'sh', ...group.entrances, '--', ...argv];
}
