/**
 * Wraps a command so that nothing of it outlives this process, even when this process is killed: it has mounts and
 * processes of its own (unshare(1)), and dies with whoever started it (setpriv(1), `--pdeathsig`).
 */
export function contained(argv: readonly string[]): [string, ...string[]] {
  return [
    'setpriv',
    '--pdeathsig=KILL',
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
    ...argv,
  ];
}
