import { fileOperation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import { documentFile, ofDocument } from './routes.ts'

const document = fileOperation({
  id: 'fetchDocument',
  summary: 'Fetch the bytes of what was gathered, as they came',
  page: 'GET /documents/:hash',
  method: 'GET',
  path: '/api/v1/documents/:hash',
  access: { permission: 'watch.threat.view' },
  params: ofDocument,
  type: 'application/octet-stream',
  handle: documentFile,
})

export const documentOperations: readonly Route[] = [document]
