import type { Vault } from '@neco/vault-pki';
import { connectVault } from '@neco/cluster-access';
import type { SetupView } from './setup-context.ts';

/** This server's own Vault, seen without a token; one for the whole run, so that its connections are shared. @throws NecoError FILE_FAILED */
export async function localVault({ host, known }: SetupView): Promise<Vault> {
  known.localVault ??= await connectVault(host, '127.0.0.1');
  return known.localVault;
}
