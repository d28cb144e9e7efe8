import { expect } from 'chai';
import { NecoError } from '@neco/core';
import type { MemberStatus } from '@neco/etcd-admin';
import { etcdQuota, isShrinkable, spaceDue } from '../../src/space/database-size.ts';
import { isNext } from '../../src/space/keep-space.ts';
import type { SizedMember } from '../../src/space/member-sizes.ts';

const mega = 1024 ** 2;
const quota = 1000 * mega;
const size = (used: number, dbSize: number) => ({ dbSize: dbSize * mega, dbSizeInUse: used * mega });

describe('the size of a database of etcd', () => {
  it('is nobody’s concern below 60 % of the quota, however much of it is free', () => {
    expect(spaceDue(size(10, 599), quota)).to.equal('nothing');
  });

  it('is reduced where a restart frees something', () => {
    expect(spaceDue(size(10, 600), quota)).to.equal('defragment');
    expect(isShrinkable(size(584, 600))).to.equal(true);
    expect(isShrinkable(size(585, 600))).to.equal(false);
  });

  it('leads to a compaction where all of it is in use: of what is old, and from 80 % on of everything', () => {
    expect(spaceDue(size(600, 600), quota)).to.equal('compact old');
    expect(spaceDue(size(799, 799), quota)).to.equal('compact old');
    expect(spaceDue(size(800, 800), quota)).to.equal('compact all');
  });

  it('is held against the quota in etcd.yml, and against etcd’s own where that says nothing', async () => {
    const host = (text: string | undefined) => ({ readText: async () => text });
    expect(await etcdQuota(host('quota-backend-bytes: 5000000\n'))).to.equal(5_000_000);
    for (const text of [undefined, 'name: boot-0\n', '{'])
      expect(await etcdQuota(host(text))).to.equal(2 * 1024 ** 3);
  });
});

describe('whose turn it is to restart etcd', () => {
  const sized = (lrn: number, used: number, dbSize: number, leader = 0): SizedMember => ({
    member: { id: `m${lrn}`, name: `boot-${lrn}`, peerUrls: [], clientUrls: [], isLearner: false },
    status: { ...size(used, dbSize), id: `m${lrn}`, leader: `m${leader}` } as unknown as MemberStatus,
  });
  const turns = (sizes: readonly SizedMember[]): string[] =>
    sizes.map(({ member }) => member.name).filter((name) => isNext(sizes, name, isShrinkable));

  it('comes to one member at a time: followers by LRN, the leader last', () => {
    expect(turns([sized(0, 10, 900), sized(1, 10, 900), sized(2, 10, 900)])).to.deep.equal(['boot-1']);
    expect(turns([sized(0, 10, 900), sized(1, 10, 12), sized(2, 10, 900)])).to.deep.equal(['boot-2']);
    expect(turns([sized(0, 10, 900), sized(1, 10, 12), sized(2, 10, 12)])).to.deep.equal(['boot-0']);
    expect(turns([sized(0, 10, 12), sized(1, 10, 12), sized(2, 10, 12)])).to.deep.equal([]);
  });

  it('comes to nobody while a member does not answer', () => {
    const silent = { ...sized(2, 0, 0), status: new NecoError('ETCD_UNREACHABLE', 'no answer') };
    expect(turns([sized(0, 10, 900), sized(1, 10, 900), silent])).to.deep.equal([]);
  });
});
