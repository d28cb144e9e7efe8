import type { Phase } from '@neco/core';
import { refuseJoin } from '../refuse-join.ts';
import { clusterFindings } from '../findings/cluster-findings.ts';
import type { JoinContext, JoinView } from '../join-context.ts';

/** Whether the cluster can take this server, before anything is changed. */
export const checkTheCluster: Phase<JoinView, JoinContext> = {
  id: 'check-the-cluster',
  title: 'Check the cluster',
  isDone: ({ world, record }) => world.isJoined(record),
  plan: () => ['nothing: it only checks'],
  async run(context) {
    const findings = await clusterFindings(context);
    if (findings.length > 0) throw refuseJoin(findings);
  },
};
