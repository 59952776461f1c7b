import { type ProjectionDefinition, projectionId } from '../define-projection.ts'

/** The same projection over tables of the same shape in another schema. */
export function shadowDefinition(definition: ProjectionDefinition, schemaName: string): ProjectionDefinition {
  const { model } = definition
  return { ...definition, model: { ...model, schemaName, tables: model.build(schemaName) } }
}

/** Read models about the log itself: they hold a row an event, so their past is the log. */
export function isPlatformProjection(definition: ProjectionDefinition): boolean {
  return projectionId(definition).startsWith('peek.')
}
