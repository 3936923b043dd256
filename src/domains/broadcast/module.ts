import type { Module } from '../../platform/module.ts'
import { audienceOperations } from './audience/api.ts'
import { builderRoutes } from './audience/builder/routes.ts'
import { clearanceOperations } from './audience/clearance/api.ts'
import { clearanceRoutes } from './audience/clearance/routes.ts'
import { audienceCommands } from './audience/cli.ts'
import { lateJoinerOperations } from './audience/late-joiners/api.ts'
import { lateJoinerRoutes } from './audience/late-joiners/routes.ts'
import { audienceRoutes } from './audience/routes.ts'
import { savedAudienceOperations } from './audience/saved/api.ts'
import { savedAudienceRoutes } from './audience/saved/routes.ts'
import { bulletinOperations } from './bulletins/api.ts'
import { bulletinCommands } from './bulletins/cli.ts'
import { holdingOperations } from './bulletins/holding/api.ts'
import { holdingCommands } from './bulletins/holding/cli.ts'
import { holdingRoutes } from './bulletins/holding/routes.ts'
import { templateOperations } from './bulletins/holding/templates/api.ts'
import { templateRoutes } from './bulletins/holding/templates/routes.ts'
import { bulletinListOperations } from './bulletins/list/api.ts'
import { bulletinListRoutes } from './bulletins/list/routes.ts'
import { livingOperations } from './bulletins/living/api.ts'
import { livingCommands } from './bulletins/living/cli.ts'
import { livingRoutes } from './bulletins/living/routes.ts'
import { publicRoutes } from './bulletins/public/routes.ts'
import { bulletinRoutes } from './bulletins/routes.ts'
import { writingOperations } from './bulletins/writing/api.ts'
import { writingRoutes } from './bulletins/writing/routes.ts'
import { chaseOperations } from './chase/api.ts'
import { closedDayOperations } from './chase/closed-days/api.ts'
import { closedDayRoutes } from './chase/closed-days/routes.ts'
import { chaseJob } from './chase/jobs.ts'
import { chaseRoutes } from './chase/routes.ts'
import { readBounces } from './deliveries/bounces/cli.ts'
import { bounceListener, readBouncesJob } from './deliveries/bounces/jobs.ts'
import { callbackRoutes } from './deliveries/callbacks/routes.ts'
import { deliverJob, resumeDeliveryJob, sendLinkJob } from './deliveries/jobs.ts'
import { deliveryOperations } from './deliveries/ledger/api.ts'
import { deliveryRoutes } from './deliveries/ledger/routes.ts'
import { streamRoutes } from './deliveries/streams/routes.ts'
import { makeDigestJob, sendDigestJob } from './digest/jobs.ts'
import { impactOperations } from './impact/api.ts'
import { impactRoutes } from './impact/routes.ts'
import { mailboxRoutes } from './mailbox/routes.ts'
import { nowOperations } from './now/api.ts'
import { nowRoutes } from './now/routes.ts'
import { pictureOperations } from './picture/api.ts'
import { mergeTalliesJob } from './picture/jobs.ts'
import { pictureRoutes } from './picture/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { afterOperations } from './release/after/api.ts'
import { afterRoutes } from './release/after/routes.ts'
import { releaseOperations } from './release/api.ts'
import { releaseCommands } from './release/cli.ts'
import { releaseRoutes } from './release/routes.ts'
import { scheduleOperations } from './release/schedule/api.ts'
import { releaseDueJob } from './release/schedule/jobs.ts'
import { scheduleRoutes } from './release/schedule/routes.ts'
import { renditionOperations } from './renditions/api.ts'
import { renditionRoutes } from './renditions/routes.ts'
import { responseOperations } from './responses/api.ts'
import { listResponses } from './responses/cli.ts'
import { decisionOperations } from './responses/decision/api.ts'
import { decisionRoutes } from './responses/decision/routes.ts'
import { answerFileRoutes } from './responses/file/routes.ts'
import { linkRoutes } from './responses/link/routes.ts'
import { linksOperations } from './responses/links/api.ts'
import { linksRoutes } from './responses/links/routes.ts'
import { responseListOperations } from './responses/list/api.ts'
import { responseListRoutes } from './responses/list/routes.ts'
import { machineRoutes } from './responses/machine/routes.ts'
import { partnerOperations } from './responses/partner/api.ts'
import { partnerRoutes } from './responses/partner/routes.ts'
import { progressOperations } from './responses/progress/api.ts'
import { progressRoutes } from './responses/progress/routes.ts'
import { responseRoutes } from './responses/routes.ts'
import { askSignatureJob } from './responses/signing/jobs.ts'
import { signingRoutes } from './responses/signing/routes.ts'
import { telephoneOperations } from './responses/telephone/api.ts'
import { telephoneRoutes } from './responses/telephone/routes.ts'
import { serviceOperations } from './services/api.ts'
import { serviceRoutes } from './services/routes.ts'
import { sharingGroupOperations } from './sharing-groups/api.ts'
import { sharingGroupCommands } from './sharing-groups/cli.ts'
import { sharingGroupRoutes } from './sharing-groups/routes.ts'
import { webhookOperations } from './webhooks/api.ts'
import { webhookCommands } from './webhooks/cli.ts'
import { CHANNEL_METRICS } from './webhooks/metrics.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { sendWebhooksJob, tellWebhookOwnerJob } from './webhooks/sending/jobs.ts'

export const broadcast: Module = {
  name: 'broadcast',
  permissions: PERMISSIONS,
  routes: [
    ...bulletinListRoutes,
    ...bulletinListOperations,
    ...bulletinOperations,
    ...livingOperations,
    ...holdingOperations,
    ...templateOperations,
    ...writingOperations,
    ...releaseOperations,
    ...afterOperations,
    ...scheduleOperations,
    ...responseOperations,
    ...responseListOperations,
    ...decisionOperations,
    ...linksOperations,
    ...partnerOperations,
    ...progressOperations,
    ...telephoneOperations,
    ...savedAudienceOperations,
    ...clearanceOperations,
    ...lateJoinerOperations,
    ...pictureOperations,
    ...impactOperations,
    ...deliveryOperations,
    ...chaseOperations,
    ...closedDayOperations,
    ...serviceOperations,
    ...webhookOperations,
    ...sharingGroupOperations,
    ...renditionOperations,
    ...nowOperations,
    ...bulletinRoutes,
    ...publicRoutes,
    ...livingRoutes,
    ...renditionRoutes,
    ...holdingRoutes,
    ...templateRoutes,
    ...writingRoutes,
    ...audienceRoutes,
    ...builderRoutes,
    ...audienceOperations,
    ...savedAudienceRoutes,
    ...clearanceRoutes,
    ...sharingGroupRoutes,
    ...lateJoinerRoutes,
    ...releaseRoutes,
    ...afterRoutes,
    ...scheduleRoutes,
    ...responseRoutes,
    ...linkRoutes,
    ...signingRoutes,
    ...decisionRoutes,
    ...progressRoutes,
    ...linksRoutes,
    ...machineRoutes,
    ...answerFileRoutes,
    ...responseListRoutes,
    ...partnerRoutes,
    ...pictureRoutes,
    ...impactRoutes,
    ...deliveryRoutes,
    ...streamRoutes,
    ...serviceRoutes,
    ...chaseRoutes,
    ...closedDayRoutes,
    ...telephoneRoutes,
    ...webhookRoutes,
    ...callbackRoutes,
    ...nowRoutes,
    ...mailboxRoutes,
  ],
  jobs: [
    deliverJob,
    resumeDeliveryJob,
    sendLinkJob,
    readBouncesJob,
    mergeTalliesJob,
    sendWebhooksJob,
    tellWebhookOwnerJob,
    releaseDueJob,
    makeDigestJob,
    sendDigestJob,
    chaseJob,
    askSignatureJob,
  ],
  commands: [
    ...bulletinCommands,
    ...livingCommands,
    ...holdingCommands,
    ...audienceCommands,
    ...sharingGroupCommands,
    ...releaseCommands,
    readBounces,
    listResponses,
    ...webhookCommands,
  ],
  metrics: [CHANNEL_METRICS],
  services: [bounceListener],
  navigation: [
    { label: 'Webhooks', href: '/webhooks', permission: 'broadcast.webhook.view', position: 90 },
    { label: 'Bulletins', href: '/bulletins', permission: 'broadcast.bulletin.list', position: 15 },
    { label: 'Answers', href: '/answers', permission: 'broadcast.response.answer', position: 75, firstFor: ['partner-responder'] },
  ],
}
