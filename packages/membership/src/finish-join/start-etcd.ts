import type { Phase } from '@neco/core';
import { etcdConfigurationText, paths } from '@neco/cluster-access';
import { memberAddress } from '@neco/etcd-admin';
import type { FinishContext } from './finish-context.ts';
import { ownMember } from './own-member.ts';

/**
 * Seed: create the etcd configuration file with a new member, start etcd. That it comes up is waited for by the promotion,
 * which has other things to do meanwhile.
 */
export const startEtcd: Phase<FinishContext, FinishContext> = {
  id: 'start-etcd',
  title: 'Start etcd',
  async isDone({ worker: { host } }) {
    if ((await host.readText(paths.etcdConfiguration)) === undefined) return false;
    return (await host.unit('etcd.service')).active === 'active';
  },
  plan: () => [`write ${paths.etcdConfiguration}`, 'start etcd.service'],
  async run(context) {
    const { worker, self, signal } = context;
    const { host } = worker;
    const { own, members } = await ownMember(context);
    const text = etcdConfigurationText({
      lrn: self.lrn,
      address: self.address,
      token: self.site.cluster,
      members: members.map((member) => {
        if (member.id === own.id) return self;
        // One that was added and never started has no name yet; any will do.
        return {
          name: member.name === '' ? `member-${member.id}` : member.name,
          address: memberAddress(member),
        };
      }),
      state: 'existing',
    });
    const attributes = { mode: 0o640, owner: 'root', group: 'etcd', keep: true };
    await host.writeFile(paths.etcdConfiguration, text, attributes);
    await host.startUnit('etcd.service', { block: false, signal });
  },
};
