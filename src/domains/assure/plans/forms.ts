import type { ZodType } from 'zod'
import type { Field } from '../../../ui/models.ts'
import { changeAction, reopenAction } from './commands.ts'
import { acceptForm, changeForm, dateForm, fundingForm, progressForm, reopenForm, retestForm, type Typed } from './fields.ts'
import {
  acceptFields,
  changeFields,
  dateFields,
  fundingFields,
  progressFields,
  reopenFields,
  retestFields,
  type Choices,
  type ErrorOf,
} from './form-views.ts'
import { ACTION_LIFECYCLE, type ActionVerb } from './model.ts'
import type { Action } from './queries.ts'
import { acceptRisk, finishAction, moveDate, noteProgress, retestAction, setFunding } from './steps/commands.ts'
import type { Unit } from './writing.ts'

/** A form of an action's page: `/plan/:id/<name>`. */
export interface ActionForm {
  readonly name: string
  readonly title: string
  readonly submit: string
  readonly permission: 'assure.plan.change' | 'assure.plan.report'
  readonly notice: string
  /** The verb of the lifecycle; `null` for what moves the action to no other state. */
  readonly verb: ActionVerb | null
  /** The field to which a refusal belongs. */
  readonly pointer: string
  readonly schema: ZodType
  fields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action): readonly Field[]
  /** Does what the form asks. Gives the id of the action to be shown then. */
  run(work: Unit, actionId: string, value: unknown): Promise<string>
}

interface Definition<T> extends Omit<ActionForm, 'schema' | 'run'> {
  readonly schema: ZodType<T>
  run(work: Unit, actionId: string, value: T): Promise<string | void>
}

function actionForm<T>(definition: Definition<T>): ActionForm {
  return {
    ...definition,
    // What `run` is given has been read by `schema`.
    run: async (work, id, value) => (await definition.run(work, id, value as T)) ?? id,
  }
}

const change = 'assure.plan.change'
const report = 'assure.plan.report'

export const ACTION_FORMS: readonly ActionForm[] = [
  actionForm({
    name: 'note',
    title: 'Say how it goes',
    submit: 'Save',
    permission: report,
    notice: 'Kept with the action.',
    verb: null,
    pointer: 'note',
    schema: progressForm,
    fields: progressFields(false),
    run: noteProgress,
  }),
  actionForm({
    name: 'finish',
    title: 'It is done',
    submit: 'It is done',
    permission: report,
    notice: ACTION_LIFECYCLE.planned.finish?.banner ?? '',
    verb: 'finish',
    pointer: 'note',
    schema: progressForm,
    fields: progressFields(true),
    run: finishAction,
  }),
  actionForm({
    name: 'date',
    title: 'Give a date',
    submit: 'Save the date',
    permission: change,
    notice: 'The date is kept, and the original one beside it.',
    verb: null,
    pointer: 'dueOn',
    schema: dateForm,
    fields: dateFields,
    run: moveDate,
  }),
  actionForm({
    name: 'funding',
    title: 'Where the money stands',
    submit: 'Save',
    permission: change,
    notice: 'Kept.',
    verb: null,
    pointer: 'funding',
    schema: fundingForm,
    fields: fundingFields,
    run: setFunding,
  }),
  actionForm({
    name: 'change',
    title: 'Change what it says',
    submit: 'Save',
    permission: change,
    notice: 'Changed. Signatures under what the plan said before are void.',
    verb: null,
    pointer: 'title',
    schema: changeForm,
    fields: changeFields,
    run: changeAction,
  }),
  actionForm({
    name: 'retest',
    title: 'Re-test it',
    submit: 'Keep the re-test',
    permission: change,
    notice: ACTION_LIFECYCLE.done.retest?.banner ?? '',
    verb: 'retest',
    pointer: 'testedOn',
    schema: retestForm,
    fields: retestFields,
    run: retestAction,
  }),
  actionForm({
    name: 'accept',
    title: 'Accept the risk for a time',
    submit: 'Accept the risk until that day',
    permission: change,
    notice: ACTION_LIFECYCLE.planned.accept?.banner ?? '',
    verb: 'accept',
    pointer: 'until',
    schema: acceptForm,
    fields: acceptFields,
    run: acceptRisk,
  }),
  actionForm({
    name: 'reopen',
    title: 'Open it again',
    submit: 'Open it again',
    permission: change,
    notice: ACTION_LIFECYCLE.done.reopen?.banner ?? '',
    verb: 'reopen',
    pointer: 'dueOn',
    schema: reopenForm,
    fields: reopenFields,
    run: reopenAction,
  }),
]
