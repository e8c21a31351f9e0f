require 'strscan'

module TemporalHBase
  # A codec of our own, since a 1.x host may have no `json` library. Output is ASCII only, so that no locale of the
  # host's JVM can change it.
  module Json
    PLAIN = /\A[ !#-\[\]-~]*\z/

    def self.dump(value)
      case value
      when nil then 'null'
      when true then 'true'
      when false then 'false'
      when Numeric then value.to_s
      when Hash then object(value)
      when Array then '[' + value.map { |v| dump(v) }.join(',') + ']'
      else string(value.to_s)
      end
    end

    # A field without a value is left out.
    def self.object(fields)
      '{' + fields.reject { |_, v| v.nil? }.map { |k, v| string(k.to_s) + ':' + dump(v) }.join(',') + '}'
    end

    def self.parse(text)
      Parser.new(text).document
    end

    def self.string(text)
      return '"' + text + '"' if text =~ PLAIN
      '"' + text.unpack('U*').map { |code| escape(code) }.join + '"'
    rescue ArgumentError
      '"' + text.unpack('C*').map { |byte| escape(byte) }.join + '"'
    end

    def self.escape(code)
      return '\\"' if code == 34
      return '\\\\' if code == 92
      return [code].pack('C') if code >= 32 && code < 127
      return format('\\u%04x', code) if code < 0x10000
      high, low = (code - 0x10000).divmod(0x400)
      format('\\u%04x\\u%04x', 0xd800 + high, 0xdc00 + low)
    end

    class Parser
      ESCAPES = { 'n' => "\n", 't' => "\t", 'r' => "\r", 'b' => "\b", 'f' => "\f" }

      def initialize(text)
        @scanner = StringScanner.new(text)
      end

      def document
        result = value
        space
        fail_here unless @scanner.eos?
        result
      end

      private

      def value
        space
        if @scanner.skip(/\{/) then object
        elsif @scanner.skip(/\[/) then array
        elsif @scanner.skip(/"/) then string
        elsif @scanner.scan(/-?\d+(\.\d+)?([eE][-+]?\d+)?/) then number(@scanner.matched)
        elsif @scanner.skip(/true/) then true
        elsif @scanner.skip(/false/) then false
        elsif @scanner.skip(/null/) then nil
        else fail_here
        end
      end

      def object
        result = {}
        return result if closed?(/\}/)
        begin
          space
          @scanner.skip(/"/) || fail_here
          key = string
          space
          @scanner.skip(/:/) || fail_here
          result[key] = value
        end while more?
        closed?(/\}/) || fail_here
        result
      end

      def array
        result = []
        return result if closed?(/\]/)
        begin
          result << value
        end while more?
        closed?(/\]/) || fail_here
        result
      end

      def string
        result = @scanner.scan(/[^"\\]*/)
        until @scanner.skip(/"/)
          @scanner.skip(/\\/) || fail_here
          result += escaped + @scanner.scan(/[^"\\]*/)
        end
        result
      end

      def escaped
        return unicode if @scanner.skip(/u/)
        char = @scanner.getch || fail_here
        ESCAPES[char] || char
      end

      def unicode
        code = hex4
        if code >= 0xd800 && code < 0xdc00 && @scanner.skip(/\\u/)
          code = 0x10000 + ((code - 0xd800) << 10) + (hex4 - 0xdc00)
        end
        [code].pack('U')
      end

      def hex4
        (@scanner.scan(/[0-9a-fA-F]{4}/) || fail_here).to_i(16)
      end

      def number(text)
        text =~ /[.eE]/ ? text.to_f : text.to_i
      end

      def space
        @scanner.skip(/\s+/)
      end

      def more?
        space
        @scanner.skip(/,/)
      end

      def closed?(pattern)
        space
        @scanner.skip(pattern)
      end

      def fail_here
        raise ArgumentError, "not JSON at character #{@scanner.pos}"
      end
    end
  end
end
