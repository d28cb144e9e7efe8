import { applicationMount } from '@neco/cluster-access';
import type { ApplicationReader } from '../application-access.ts';

/** What is missing or wrong of its signing role in Vault. */
export async function signingRoleFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const fields = await access.signingRoleFaults();
  const role = `role ${name} at ${applicationMount}`;
  if (fields === undefined) return [`Vault has no ${role}`];
  return fields.length === 0 ? [] : [`Vault's ${role} is not as it should be (${fields.join(', ')})`];
}
