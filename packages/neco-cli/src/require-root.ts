import { NecoError } from '@neco/core';

/**
 * Refuses to go on for anybody but root.
 * @param command as it was called, for the hint.
 * @throws NecoError NOT_ROOT
 */
export function requireRoot(command: string): void {
  if (process.geteuid?.() === 0) return;
  throw new NecoError('NOT_ROOT', `${command} needs root, this is user ${String(process.geteuid?.())}`, {
    hint: `run it as root: sudo ${command}`,
  });
}
