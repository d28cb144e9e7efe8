import type { ErrorDetail, Phase } from '@neco/core';
import { hostChecks } from '@neco/preflight';
import { refuseJoin } from '../refuse-join.ts';
import type { JoinContext, JoinView } from '../join-context.ts';

/** Looks for all that is wrong with this server, and changes nothing. */
export const checkThisServer: Phase<JoinView, JoinContext> = {
  id: 'check-this-server',
  title: 'Check this server',
  isDone: ({ world, record }) => world.isJoined(record),
  async plan(view) {
    await refuseFaults(view);
    return ['nothing: it only checks'];
  },
  run: (context) =>
    refuseFaults(context, (message) => {
      context.reporter.warn(message);
    }),
};

async function refuseFaults(view: JoinView, warn?: (message: string) => void): Promise<void> {
  if (await view.world.isBootServer()) throw refuseJoin([alreadyThere(view)]);
  const findings = await findingsOf(view, warn);
  if (findings.length > 0) throw refuseJoin(findings);
}

function alreadyThere({ name }: JoinView): ErrorDetail {
  return {
    message: `${name} is already a boot server of this cluster, and its etcd is running`,
    hint: 'there is nothing to join; to see how it is: neco status',
  };
}

function findingsOf(
  { host, site, lrn, addresses, options, record, signal }: JoinView,
  warn?: (message: string) => void,
): Promise<ErrorDetail[]> {
  return hostChecks(host, site, [...addresses.keys(), lrn], {
    resuming: record !== undefined,
    leftovers: options.discardOldData
      ? 'put aside'
      : {
          hint: 'if this server has permanently left that cluster, run neco join with --discard-old-data, which moves the data aside and deletes nothing',
        },
    stopsOwn: options.discardOldData,
    signal,
    ...(warn === undefined ? {} : { warn }),
  });
}
