/** The product's name with its sign. */
export function Mark() {
  return (
    <span className="mark">
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <path d="M16 1.5 28.6 8.75v14.5L16 30.5 3.4 23.25V8.75Z" fill="none" stroke="#4b6a86" strokeWidth="1.6" />
        <path d="M16 8 22.9 12v8L16 24l-6.9-4v-8Z" fill="#ec6850" />
        <path d="M16 12.2 19.3 14.1v3.8L16 19.8l-3.3-1.9v-3.8Z" fill="#ffc94d" />
      </svg>
      <span className="mark__name">
        ST&nbsp;Risk<span className="mark__sub">Platform</span>
      </span>
    </span>
  );
}
