-- Counts one more moment under KEYS[1], unless ARGV[2] of them lie within the last ARGV[3] microseconds: then nothing is
-- counted, and the answer is how many microseconds must pass. ARGV[4] tells moments apart. ARGV[1] is the number of the
-- question, with which the answer begins.
local number, most, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
if redis.call('ZCARD', KEYS[1]) >= most then
  return { number, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + window - now }
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[4])
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return { number, 0 }
