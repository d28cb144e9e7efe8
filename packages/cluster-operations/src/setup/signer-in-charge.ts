import { connectVault } from '../access/connections.ts';
import { Signer } from '../access/signer.ts';
import { withRegistry } from './progress.ts';
import type { Issue } from './protocol.ts';
import type { SetupContext } from './setup-context.ts';

/**
 * The Vault that signs at this moment: for the first certificates the temporary one while it runs, otherwise the
 * real one with the root token that etcd keeps until the end. Undefined where there is neither.
 */
export async function signerFor(context: SetupContext, issue: Issue): Promise<Signer | undefined> {
  if (issue === 'initial' && context.temporarySigner !== undefined) return context.temporarySigner;
  const token = await withRegistry(context, (registry) => registry.rootToken());
  if (token === undefined) return undefined;
  return new Signer(await connectVault(context.host, context.address, token), context.addresses);
}
