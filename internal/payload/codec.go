package payload

// The codec encrypts and decrypts payloads.

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"temporal-twilio/sms"
)

const (
	encrypted      = "binary/encrypted"
	metadataKeyID  = "encryption-key-id"
	maxLayers      = 3
	maxPayload     = 64 << 20
	overheadOfGCM  = 12 + 16
	whyNoKeys      = "this process has no keys; set PAYLOAD_KEYS to the key file"
	whyNoKey       = "this process has no such key; add it to the file of PAYLOAD_KEYS"
	whyDamaged     = "its data is damaged, or belongs to another key with this ID"
	whyTooLong     = "it is too long"
	whyTooManyDeep = "it is encrypted more than three times"
)

// codec adapts the ring to the SDK and the codec server.
type codec struct{ ring *Ring }

// Codec encrypts with the current key, if there is one, and decrypts with all
// keys. It does not change payloads that are not encrypted.
func (r *Ring) Codec() converter.PayloadCodec { return codec{r} }

// Encode never fails. If it did, the SDK would write a memo unencrypted.
func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	keys := c.ring.inForce()
	if keys.current == "" {
		return payloads, nil
	}
	all := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			panic(err) // cannot happen, because payloads can always be marshaled
		}
		all[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encrypted),
				metadataKeyID:              []byte(keys.current),
			},
			Data: keys.ciphers[keys.current].Seal(nil, nil, plain, nil), //nolint:gosec // the cipher adds a random nonce
		}
	}
	return all, nil
}

// Decode returns an [sms.UnreadableError] if it cannot decrypt a payload.
func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	all := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		for layers := 0; isEncrypted(payload); layers++ {
			if layers == maxLayers {
				return payloads, c.ring.unreadable(payload, whyTooManyDeep)
			}
			var err error
			if payload, err = c.ring.decrypt(payload); err != nil {
				return payloads, err
			}
		}
		all[i] = payload
	}
	return all, nil
}

func isEncrypted(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encrypted
}

func (r *Ring) decrypt(payload *commonpb.Payload) (*commonpb.Payload, error) {
	id := payload.GetMetadata()[metadataKeyID]
	keys := r.inForce()
	if keys.ciphers[string(id)] == nil && r.file != nil {
		r.file.Look(followAtOnce) // the key may have been added since the file was last read
		keys = r.inForce()
	}
	cipher := keys.ciphers[string(id)]
	switch {
	case len(keys.ciphers) == 0:
		return nil, r.unreadable(payload, whyNoKeys)
	case cipher == nil:
		return nil, r.unreadable(payload, whyNoKey)
	case len(payload.GetData()) > maxPayload:
		return nil, r.unreadable(payload, whyTooLong)
	case len(payload.GetData()) < overheadOfGCM:
		return nil, r.unreadable(payload, whyDamaged)
	}
	plain, err := cipher.Open(nil, nil, payload.GetData(), nil)
	if err != nil {
		return nil, r.unreadable(payload, whyDamaged)
	}
	inner := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, inner); err != nil {
		return nil, r.unreadable(payload, whyDamaged)
	}
	return inner, nil
}

// unreadable counts and logs a payload that cannot be read and returns the
// error.
func (r *Ring) unreadable(payload *commonpb.Payload, why string) error {
	id := clip(string(payload.GetMetadata()[metadataKeyID]))
	count := &r.missing
	if why != whyNoKeys && why != whyNoKey {
		count = &r.damaged
	}
	count.Add(1)
	err := &sms.UnreadableError{KeyID: id, Why: why}
	if r.names.Load() < maxNamed {
		if _, known := r.named.LoadOrStore(id+": "+why, true); !known {
			r.names.Add(1)
			r.logger.Error("a payload cannot be read; whatever needs it is blocked", "key", id, "error", err)
		}
	}
	return err
}
