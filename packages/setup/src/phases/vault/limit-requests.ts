import { ensureRequestLimits, requestLimits } from '@neco/cluster-access';
import type { Phase } from '@neco/core';
import { noteInRecord } from '../../note-in-record.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';

/**
 * Sets the limits that an earlier neco did not know of, where setup of a finished cluster is run again with an administrator. A new
 * cluster has them from the import of the CAs on; `neco join` sets them as well.
 */
export const limitRequests: Phase<SetupView, SetupContext> = {
  id: 'limit-requests',
  title: 'Limit what anyone may ask of Vault',
  concerns: ({ isCoordinator, record }) =>
    isCoordinator && record?.finishedAt !== undefined && record.requestLimits !== requestLimits,
  isDone: ({ options }) => Promise.resolve(options.namedAdministrator === undefined),
  plan: () => ['limit log-ins by password, generate-root and rekey from one address'],
  async run(context) {
    const { options, sight } = context;
    if (options.namedAdministrator === undefined) return;
    const { name, password } = await options.namedAdministrator();
    const administrator = await (await sight.localVault()).loginUserpass(name, password);
    try {
      await ensureRequestLimits(administrator);
    } finally {
      await administrator.revokeSelf();
    }
    await noteInRecord(context, { requestLimits });
  },
};
