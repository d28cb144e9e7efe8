import type { BootServer } from '@neco/bootserver-registry';
import { NecoError, serverName, type ErrorDetail } from '@neco/core';
import type { Member } from '@neco/etcd-admin';
import { describeQuorum, quorumState } from '../leave/quorum-arithmetic.ts';
import { etcdEndpoint } from '../ports.ts';
import { clockFindings } from './clock-findings.ts';
import { foreignLearner, hostOf, isOwnMember, type ForeignLearner } from './foreign-learner.ts';
import { authorityOf, sessionOf, type JoinContext } from './join-context.ts';

/** How long a server that has begun to join is waited for rather than called an orphan, in ms. */
const freshness = 10 * 60_000;

/** All that is in the way of this join in the cluster. Changes nothing. @throws NecoError ETCD_*, RECORD_INVALID */
export async function clusterFindings(context: JoinContext): Promise<ErrorDetail[]> {
  const { etcd, registry } = sessionOf(context);
  const [members, servers, learner] = await Promise.all([
    etcd.members(),
    registry.bootServers(),
    foreignLearner(context),
  ]);
  const healthy = await healthyIds(context, members);
  sayArithmetic(context, members, healthy);
  return [
    ...listFindings(context, servers),
    ...versionFindings(context, servers),
    ...uniquenessFindings(context, members, servers),
    ...aliveFindings(context, members, healthy),
    ...learnerFindings(learner),
    ...(await clusterNameFindings(context)),
    ...(await clockFindings(context.addresses, authorityOf(context), context.signal)),
  ];
}

async function healthyIds(context: JoinContext, members: readonly Member[]): Promise<Set<string>> {
  const { etcd } = sessionOf(context);
  const endpoints = new Map(
    members.map((member) => [member.clientUrls[0] ?? etcdEndpoint(hostOf(member)), member.id]),
  );
  const statuses = await etcd.statuses([...endpoints.keys()]);
  return new Set(
    [...statuses].flatMap(([endpoint, status]) =>
      status instanceof NecoError || status.leader === undefined ? [] : (endpoints.get(endpoint) ?? []),
    ),
  );
}

/** Prints what the new voter does to the quorum. One that is down is no obstacle: a new one that is well costs none. */
function sayArithmetic(context: JoinContext, members: readonly Member[], healthy: ReadonlySet<string>): void {
  const { reporter, name } = context;
  const voters = members.filter((member) => !member.isLearner && !isOwnMember(context, member));
  const up = voters.filter(({ id }) => healthy.has(id)).length;
  reporter.info(`etcd now: ${describeQuorum(quorumState(voters.length, up))}`);
  reporter.info(`with ${name}: ${describeQuorum(quorumState(voters.length + 1, up + 1))}`);
  for (const { id, name: other } of voters) {
    if (!healthy.has(id)) {
      reporter.warn(
        `${other} does not answer; if it is gone for good, take it out first: neco leave ${other.replace('boot-', '')}`,
      );
    }
  }
}

function listFindings({ addresses, options }: JoinContext, servers: readonly BootServer[]): ErrorDetail[] {
  const registered = servers.map(({ lrn }) => String(lrn)).join(' ');
  if (servers.length === 0) {
    return [
      {
        message: `no boot server is registered under ${options.prefix} in this etcd`,
        hint: 'give the prefix that setup was given, with --etcd-prefix',
      },
    ];
  }
  return [...addresses].flatMap(([lrn, address]) => {
    const server = servers.find((one) => one.lrn === lrn);
    if (server === undefined) {
      return [
        {
          message: `${serverName(lrn)} is not registered in this cluster`,
          hint: `name boot servers that are: ${registered}`,
        },
      ];
    }
    if (server.address === address) return [];
    return [
      {
        message: `${server.name} has the address ${server.address}, but by this server's site.yml ${address}`,
        hint: 'use the site.yml of the other boot servers; only "lrn" is different in it',
      },
    ];
  });
}

function versionFindings({ options, name }: JoinContext, servers: readonly BootServer[]): ErrorDetail[] {
  const others = servers.filter((server) => server.name !== name && server.neco !== options.version);
  return others.map((server) => ({
    message: `${server.name} runs neco ${server.neco}, this server ${options.version}`,
    hint: `install the same version here: apt install neco=${server.neco}`,
  }));
}

/** Nobody else has this address. */
function uniquenessFindings(
  context: JoinContext,
  members: readonly Member[],
  servers: readonly BootServer[],
): ErrorDetail[] {
  const { name, address } = context;
  const registered = servers.filter((server) => server.address === address && server.name !== name);
  const inEtcd = members.filter(
    (member) => hostOf(member) === address && member.name !== '' && member.name !== name,
  );
  return [...new Set([...registered, ...inEtcd].map((other) => other.name))].map((other) => ({
    message: `the address ${address} belongs to ${other}`,
    hint: `correct "lrn" in /etc/neco/site.yml, or, if ${other} is gone for good, run on a boot server: neco leave ${other.replace('boot-', '')}`,
  }));
}

/** A member of this name that answers is another server, or this one long since. */
function aliveFindings(
  context: JoinContext,
  members: readonly Member[],
  healthy: ReadonlySet<string>,
): ErrorDetail[] {
  const { name, record } = context;
  return members
    .filter(
      (member) => isOwnMember(context, member) && healthy.has(member.id) && member.id !== record?.memberId,
    )
    .map((member) => ({
      message: `a member of etcd named ${member.name === '' ? name : member.name} is alive at ${hostOf(member)}`,
      hint: `two servers cannot both be ${name}: correct "lrn" in /etc/neco/site.yml here, or have that one leave first: neco leave ${String(context.lrn)}`,
    }));
}

/** etcd takes one learner at a time. One that has just begun is waited for; an orphan is named. */
function learnerFindings(learner: ForeignLearner | undefined): ErrorDetail[] {
  if (learner === undefined) return [];
  const { member, registration, lrn } = learner;
  const since = registration === undefined ? 0 : Date.parse(registration.registeredAt);
  if (registration?.state === 'joining' && Date.now() - since < freshness) return [];
  const who = lrn === undefined ? `the member ${member.id} (${hostOf(member)})` : serverName(lrn);
  const remove =
    lrn === undefined
      ? `run on a boot server: etcdctl member remove ${member.id}`
      : `if it is gone for good, run on a boot server: neco leave ${String(lrn)}`;
  return [
    {
      message: `${who} was added to etcd as a learner and never came to vote; etcd takes one learner at a time`,
      hint: `let it come to its end (neco-worker must run there), or, ${remove}`,
    },
  ];
}

async function clusterNameFindings(context: JoinContext): Promise<ErrorDetail[]> {
  const { site } = context;
  const { clusterName } = await sessionOf(context).vault.health();
  if (clusterName === undefined || clusterName === site.cluster) return [];
  return [
    {
      message: `these boot servers are the cluster ${JSON.stringify(clusterName)}, this server is of ${JSON.stringify(site.cluster)}`,
      hint: 'correct "cluster" in /etc/neco/site.yml, or name the servers of the right cluster',
    },
  ];
}
