import type { SetupView } from './setup-context.ts';

/** Whether all boot servers are registered: nothing is left that needs the others, the secret or the root token. */
export async function isFinished({ record, sight, lrns }: SetupView): Promise<boolean> {
  if (record === undefined) return false;
  if (record.finishedAt !== undefined) return true;
  if (sight.isUnregistered) return false;
  const registered = await sight.registeredLrns().catch(() => [] as number[]);
  return lrns.every((lrn) => registered.includes(lrn));
}
