// Filling a message of the catalogue: {name} is replaced; "one|many" is
// chosen by {n}, where the language has two forms.

export type Values = Record<string, string | number>

export function fill(template: string, values: Values = {}, count?: number): string {
  const forms = template.split('|')
  const form = forms.length === 2 && count !== 1 ? forms[1]! : forms[0]!
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}
