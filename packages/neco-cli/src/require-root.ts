import { NecoError } from '@neco/core';

/**
 * Fails unless the process runs as root.
 * @param command as the user typed it, for the hint.
 * @throws NecoError NOT_ROOT
 */
export function requireRoot(command: string): void {
  if (process.geteuid?.() === 0) return;
  throw new NecoError('NOT_ROOT', `${command} must run as root, not as user ${String(process.geteuid?.())}`, {
    hint: `run as root: sudo ${command}`,
  });
}
