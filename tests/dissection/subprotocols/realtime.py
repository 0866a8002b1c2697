# SPDX-License-Identifier: GPL-2.0-or-later
"""OpenAI's events and Gemini's messages; sound is counted, 4 characters of base64 for 3 bytes."""

PATH = "/v1/realtime?model=gpt-realtime"
CONTENT = 1
MESSAGES = [
    ("s", '{"type":"session.created","event_id":"event_1","session":{"id":"s"}}', "Realtime session.created", {"type": ["session.created"]}),
    ("c", '{"type":"input_audio_buffer.append","audio":"AAECAwQ="}', "Realtime input_audio_buffer.append, 5 bytes of audio",
     {"type": ["input_audio_buffer.append"], "audio_bytes": ["5"]}),
    ("c", '{"type":"response.create"}', "Realtime response.create", {"type": ["response.create"]}),
    ("s", '{"type":"response.created","event_id":"e","response":{"id":"resp_1"}}', "Realtime response.created resp_1", {"type": ["response.created"], "response_id": ["resp_1"]}),
    ("s", '{"type":"response.output_audio.delta","event_id":"e","response_id":"resp_1","delta":"AAEC"}', "Realtime response.output_audio.delta resp_1, 3 bytes of audio",
     {"type": ["response.output_audio.delta"], "response_id": ["resp_1"], "audio_bytes": ["3"]}),
    ("s", '{"type":"error","event_id":"e","error":{"message":"no session"}}', 'Realtime error "no session"', {"type": ["error"]}),
    ("c", '{"setup":{"model":"models/gemini"}}', "Realtime setup", {"type": ["setup"]}),
    ("s", b'{"setupComplete":{}}', "Realtime setupComplete", {"type": ["setupComplete"]}),
    ("c", '{"realtimeInput":{"mediaChunks":[{"mimeType":"audio/pcm","data":"AAAA"},{"mimeType":"audio/pcm","data":"AA=="}]}}', "Realtime realtimeInput, 4 bytes of audio",
     {"type": ["realtimeInput"], "audio_bytes": ["4"]}),
    ("s", b'{"serverContent":{"modelTurn":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"audio/pcm","data":"AAAAAAA="}}]}}}', "Realtime serverContent, 5 bytes of audio",
     {"type": ["serverContent"], "audio_bytes": ["5"]}),
]
LINKS = {}
MALFORMED = ["hello", "{}", "[]", '{"kind":"a"}']
