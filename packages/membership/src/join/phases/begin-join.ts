import type { Phase } from '@neco/core';
import { publicKeyFingerprint } from '@neco/vault-pki';
import { authorityOf, type JoinContext, type JoinView } from '../join-context.ts';
import { joinRecordFile } from '../join-record.ts';
import { putOldDataAside } from '../../old-data/put-old-data-aside.ts';

/** The first change: what an earlier life left is put aside where that was asked for, and this join is noted. */
export const beginJoin: Phase<JoinView, JoinContext> = {
  id: 'begin-join',
  title: 'Start the join',
  isDone: ({ record }) => Promise.resolve(record !== undefined && record.gaveUp === undefined),
  plan: ({ options }) =>
    options.discardOldData
      ? ['move the data of an earlier installation aside']
      : ['record that this join has started'],
  async run(context) {
    const { host, lrn, options, reporter, record } = context;
    if (record === undefined && options.discardOldData) await putOldDataAside(host, reporter);
    context.record = {
      version: 1,
      lrn,
      lrns: options.lrns,
      prefix: options.prefix,
      startedAt: new Date().toISOString(),
      caHash: publicKeyFingerprint(authorityOf(context)),
      promotionLimit: options.promotionLimit,
    };
    await joinRecordFile.write(host, context.record);
  },
};
