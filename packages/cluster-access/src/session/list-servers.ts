import { addressOf, lrnOfName, maxLrn, serverName, type SiteConfiguration } from '@neco/core';
import type { BootServer } from '@neco/bootserver-registry';
import { memberAddress, type Member } from '@neco/etcd-admin';

/** A boot server that the registry, etcd or this server's own configuration knows of. */
export interface KnownServer {
  lrn: number;
  name: string;
  address: string;
  registration: BootServer | undefined;
  member: Member | undefined;
}

/** What is known of the cluster, to tell which boot server is meant by a name or an address. */
export interface ServersInput {
  site: SiteConfiguration | undefined;
  members: readonly Member[];
  registrations: readonly BootServer[];
  /** Addresses at which the configuration looks for etcd; they count while etcd itself says nothing. */
  addresses: readonly string[];
}

/** By what an address is known. */
type KnownAddresses = Pick<ServersInput, 'site' | 'registrations'>;

/** All boot servers that anybody knows of, by LRN. */
export function listServers(input: ServersInput): KnownServer[] {
  const { site, members, registrations, addresses } = input;
  const lrns = new Set([
    ...registrations.map(({ lrn }) => lrn),
    ...members.flatMap((member) => lrnOf(member, input)),
    ...addresses.flatMap((address) => lrnAt(address, input)),
  ]);
  if (site !== undefined) lrns.add(site.lrn);
  return [...lrns]
    .sort((a, b) => a - b)
    .map((lrn) => {
      const registration = registrations.find((server) => server.lrn === lrn);
      const member = members.find((each) => lrnOf(each, input).includes(lrn));
      const address =
        registration?.address ?? (member && memberAddress(member)) ?? (site && addressOf(site, lrn)) ?? '';
      return { lrn, name: serverName(lrn), address, registration, member };
    });
}

/** Members that belong to no boot server: neither name nor address tells an LRN. */
export function strayMembers(input: ServersInput): { id: string; address: string }[] {
  return input.members
    .filter((member) => lrnOf(member, input).length === 0)
    .map((member) => ({ id: member.id, address: memberAddress(member) }));
}

/** The LRN of a member by its name; of one that never started, and so has no name, by its address. */
export function lrnOf(member: Member, known: KnownAddresses): number[] {
  const named = lrnOfName(member.name);
  return named === undefined ? lrnAt(memberAddress(member), known) : [named];
}

/** The LRN that an address belongs to, by the registry or by the address plan. */
function lrnAt(host: string, { site, registrations }: KnownAddresses): number[] {
  const registered = registrations.find(({ address }) => address === host)?.lrn;
  if (registered !== undefined) return [registered];
  if (site === undefined) return [];
  const exception = Object.entries(site.addresses.exceptions).find(([, address]) => address === host)?.[0];
  const lrn = exception === undefined ? plannedLrn(site, host) : Number(exception);
  return lrn === undefined ? [] : [lrn];
}

/** The LRN that the rule of the address plan gives this address to. */
function plannedLrn(site: SiteConfiguration, host: string): number | undefined {
  const lrn = (numberOf(host) - numberOf(site.addresses.first)) / site.addresses.step;
  return Number.isInteger(lrn) && lrn >= 0 && lrn <= maxLrn && addressOf(site, lrn) === host
    ? lrn
    : undefined;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}
