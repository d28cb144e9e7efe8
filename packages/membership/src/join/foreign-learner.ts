import type { BootServer } from '@neco/bootserver-registry';
import { memberAddress, type Member } from '@neco/etcd-admin';
import { lrnOf } from '@neco/cluster-access';
import { administrationOf, type JoinContext } from './join-context.ts';
import { isOwnMember } from './world/is-own-member.ts';

/** A member of etcd that another server added and that has no vote yet. */
export interface ForeignLearner {
  member: Member;
  /** Whose it is, where the registry, its name or the plan of addresses tells. */
  lrn: number | undefined;
  registration: BootServer | undefined;
}

/** The learner that is in the way of this join; etcd takes one at a time. @throws NecoError ETCD_* */
export async function foreignLearner(context: JoinContext): Promise<ForeignLearner | undefined> {
  const { etcd, registry } = administrationOf(context);
  const [members, servers] = await Promise.all([etcd.members(), registry.bootServers.list()]);
  const member = members.find((one) => one.isLearner && !isOwnMember(context, one));
  if (member === undefined) return undefined;
  const host = memberAddress(member);
  const registration = servers.find(({ name, address }) => name === member.name || address === host);
  const [planned] = lrnOf(member, { site: context.site, registrations: [] });
  return {
    member,
    registration,
    lrn: registration?.lrn ?? planned,
  };
}
