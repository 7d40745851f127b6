package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// tokenBucket lets so many calls through in a second, and that many at once.
// One that lets none through in a second has no limit.
type tokenBucket struct {
	perSecond int

	mu     sync.Mutex
	tokens float64
	filled time.Time // when tokens were that many
}

func (b *tokenBucket) take(now time.Time) error {
	if b.perSecond == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	full := float64(b.perSecond)
	if since := now.Sub(b.filled); since > 0 {
		b.tokens, b.filled = min(full, b.tokens+since.Seconds()*full), now
	}
	if b.tokens < 1 {
		return refuse(http.StatusBadRequest, "Throttling", "Rate exceeded")
	}
	b.tokens--
	return nil
}
