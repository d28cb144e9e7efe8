import type { Signer } from '@neco/cluster-access';
import type { Issue } from '../meeting/protocol.ts';
import { finalSigner } from './root-vault.ts';
import type { SetupContext } from '../setup-context.ts';
import { temporarySigner } from './temporary-signer.ts';

/**
 * The Vault that signs at this moment: for the initial certificates, and what else carries setup, the temporary one for as
 * long as this server keeps the CAs; otherwise the real one with the root token that etcd keeps until the end. Undefined
 * where there is neither.
 */
export async function signerFor(context: SetupContext, issue: Issue): Promise<Signer | undefined> {
  const keepsAuthorities = context.coordinator?.state.authorities !== undefined;
  if (issue === 'initial' && keepsAuthorities) return temporarySigner(context);
  return finalSigner(context);
}
