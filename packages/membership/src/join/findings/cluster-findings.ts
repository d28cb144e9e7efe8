import type { BootServer, LeavePlan } from '@neco/bootserver-registry';
import { type ErrorDetail, NecoError, serverName, sleep } from '@neco/core';
import { memberAddress, type Member } from '@neco/etcd-admin';
import { memberEndpoint } from '@neco/cluster-access';
import { describeQuorum, quorumState } from '../../leave/facts/quorum-arithmetic.ts';
import { foreignLearner, type ForeignLearner } from '../foreign-learner.ts';
import { administrationOf, type JoinContext } from '../join-context.ts';
import { orphanFinding } from './orphan-finding.ts';
import { packageFindings, versionFindings } from './version-findings.ts';
import { isOwnMember } from '../world/is-own-member.ts';

/** How long after its member a server may register itself, and how often that is looked at, in ms. */
const registrationLimit = 5000;
const registrationPause = 250;

/** How many of the others are named where there are so many, for any of them may be down. */
const waysIn = 3;

/** All that is in the way of this join in the cluster. Changes nothing. @throws NecoError ETCD_*, RECORD_INVALID */
export async function clusterFindings(context: JoinContext): Promise<ErrorDetail[]> {
  const names = clusterNameFindings(context);
  names.catch(() => undefined); // awaited below; another may fail before
  const packages = packageFindings(context);
  packages.catch(() => undefined);
  const [findings, learner] = await Promise.all([
    membershipFindings(context, (members, healthy) => {
      sayArithmetic(context, members, healthy);
    }),
    foreignLearner(context),
  ]);
  return [...findings, ...(await learnerFindings(context, learner)), ...(await names), ...(await packages)];
}

/**
 * The part of it that another command may change, which is looked at again in the turn of this one.
 * @throws NecoError ETCD_*, RECORD_INVALID
 */
export async function membershipFindings(
  context: JoinContext,
  seen: (members: readonly Member[], healthy: ReadonlySet<string>) => void = () => undefined,
): Promise<ErrorDetail[]> {
  const { etcd, registry } = administrationOf(context);
  const [members, servers, leaving] = await Promise.all([
    etcd.members(),
    registry.bootServers.list(),
    registry.leavePlans.at(context.lrn).get(),
  ]);
  const healthy = await healthyIds(context, members);
  seen(members, healthy);
  return [
    ...listFindings(context, servers),
    ...numberFindings(context, servers),
    ...versionFindings(context, servers, namesOf(members, healthy)),
    ...uniquenessFindings(context, members, servers),
    ...aliveFindings(context, members, healthy),
    ...leaveFindings(context, leaving),
  ];
}

function namesOf(members: readonly Member[], ids: ReadonlySet<string>): Set<string> {
  return new Set(members.filter(({ id }) => ids.has(id)).map(({ name }) => name));
}

async function healthyIds(context: JoinContext, members: readonly Member[]): Promise<Set<string>> {
  const { etcd } = administrationOf(context);
  const endpoints = new Map(members.map((member) => [memberEndpoint(member), member.id]));
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
        `${other} does not answer; if it will not come back, remove it first: neco leave ${other.replace('boot-', '')}`,
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
        hint: 'give the prefix that was used for setup, with --etcd-prefix',
      },
    ];
  }
  return [...addresses].flatMap(([lrn, address]) => {
    const server = servers.find((one) => one.lrn === lrn);
    if (server === undefined) {
      return [
        {
          message: `${serverName(lrn)} is not registered in this cluster`,
          hint: `give registered boot servers: ${registered}`,
        },
      ];
    }
    if (server.address === address) return [];
    return [
      {
        message: `${server.name} has the address ${server.address}, but ${address} in site.yml of this server`,
        hint: 'use the site.yml of the other boot servers, and change only "lrn"',
      },
    ];
  });
}

/** A cluster that shrank, or whose one server lost its disk, has fewer than three others; then all of them are named. */
function numberFindings({ name, addresses }: JoinContext, servers: readonly BootServer[]): ErrorDetail[] {
  const others = servers.filter((server) => server.name !== name && server.state === 'active');
  const needed = Math.min(waysIn, others.length);
  if (addresses.size >= needed) return [];
  const lrns = others.map(({ lrn }) => String(lrn)).join(' ');
  return [
    {
      message: `${String(addresses.size)} of the other boot servers given, at least ${String(needed)} required`,
      hint: `give ${String(needed)} or more registered boot servers: ${lrns}`,
    },
  ];
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
    (member) => memberAddress(member) === address && member.name !== '' && member.name !== name,
  );
  return [...new Set([...registered, ...inEtcd].map((other) => other.name))].map((other) => ({
    message: `the address ${address} belongs to ${other}`,
    hint: `correct "lrn" in /etc/neco/site.yml, or, if ${other} will not come back, run on a boot server: neco leave ${other.replace('boot-', '')}`,
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
      message: `an etcd member named ${member.name === '' ? name : member.name} is running at ${memberAddress(member)}`,
      hint: `correct "lrn" in /etc/neco/site.yml here, because two servers cannot both be ${name}, or remove the other one first: neco leave ${String(context.lrn)}`,
    }));
}

/** What a leave that was begun still has to do, it would do to the new boot server of that number. */
function leaveFindings({ name, lrn }: JoinContext, leaving: LeavePlan | undefined): ErrorDetail[] {
  if (leaving === undefined) return [];
  return [
    {
      message: `the leave of an earlier ${name} is not complete`,
      hint: `complete it first, on a boot server: neco leave ${String(lrn)}`,
    },
  ];
}

/** A learner that nobody has registered may be in the midst of its join: it is given a moment. */
async function learnerFindings(
  context: JoinContext,
  learner: ForeignLearner | undefined,
): Promise<ErrorDetail[]> {
  const { signal } = context;
  const end = performance.now() + registrationLimit;
  let seen = learner;
  while (seen !== undefined && seen.registration === undefined && performance.now() < end) {
    await sleep(registrationPause, signal);
    seen = await foreignLearner(context);
  }
  const finding = seen === undefined ? undefined : orphanFinding(seen);
  return finding === undefined ? [] : [finding];
}

async function clusterNameFindings(context: JoinContext): Promise<ErrorDetail[]> {
  const { site } = context;
  const { clusterName } = await administrationOf(context).vault.run('Vault to answer', (one) =>
    one.system.health(),
  );
  if (clusterName === undefined || clusterName === site.cluster) return [];
  return [
    {
      message: `these boot servers belong to the cluster ${JSON.stringify(clusterName)}, this server to ${JSON.stringify(site.cluster)}`,
      hint: 'correct "cluster" in /etc/neco/site.yml, or give the servers of the right cluster',
    },
  ];
}
