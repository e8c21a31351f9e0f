import { defineActivity } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';

/** sha256 over canonical JSON: what an approval is bound to (hazard 36). */
export const sealEvidence = defineActivity<'sealEvidence'>({
  name: 'sealEvidence',
  kind: 'read',
  summary: 'digest what an approver sees',
  run: ({ evidence }) => Promise.resolve({ digest: digestOf(evidence) }),
});
