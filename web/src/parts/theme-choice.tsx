import { useEffect, useState } from 'preact/hooks';

const key = 'rootcellar-theme';
const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

/** Light, dark, or as the system has it; kept in this browser. */
export function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(() => themes.find((one) => one === localStorage.getItem(key)) ?? 'system');
  useEffect(() => {
    if (theme === 'system') {
      delete document.documentElement.dataset['theme'];
      localStorage.removeItem(key);
      return;
    }
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(key, theme);
  }, [theme]);
  return (
    <label>
      <span class="hidden-text">Colours</span>
      <select value={theme} onChange={(event) => setTheme(themes.find((one) => one === event.currentTarget.value) ?? 'system')}>
        <option value="system">As the system</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
