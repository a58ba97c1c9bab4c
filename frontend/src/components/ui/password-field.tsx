import { Field, Input } from './field'

interface PasswordFieldProps {
  label: string
  hint?: string
  error?: string | null
  autoComplete: 'current-password' | 'new-password'
  value: string
  onChange: (value: string) => void
}

/** PasswordField asks for a password. The present one is what its form begins with, so it takes the focus. */
export function PasswordField({ autoComplete, value, onChange, ...field }: PasswordFieldProps) {
  return (
    <Field {...field}>
      {(control) => (
        <Input
          {...control}
          type="password"
          required
          autoFocus={autoComplete === 'current-password'}
          autoComplete={autoComplete}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
